"""Talk: channels of the site, of artists and of releases, direct channels of a few people; who may do what there."""
