"""From a folder of files to an ear: a real server with its workers, real files, and the programs that play them."""
