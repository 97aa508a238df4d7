"""What a screen reader reads on five pages, in this order: trees of accessibility, of which a page may have more."""

TOP = """
- link "Skip to the page"
- banner:
  - link "Veza, to the start"
  - navigation "Main":
    - link "Discover"
    - link "Library"
  - search "Search the site":
    - textbox "Search"
  - link /Cart/
"""
END = """
- contentinfo:
  - navigation "About this site"
- region "Player":
  - button "Previous"
  - button "Play"
  - button "Next"
  - slider "Volume"
  - button "Queue"
"""

DISCOVER = f"""{TOP}
- main:
  - heading "Discover" [level=1]
  - region "Newest records":
    - article:
      - heading "Blue Hours" [level=2]:
        - link "Blue Hours"
      - paragraph: Anna Berg €7
      - button "Play Blue Hours"
{END}"""

RELEASE = f"""{TOP}
- main:
  - article:
    - img "The cover of Blue Hours"
    - heading "Blue Hours" [level=1]
    - paragraph:
      - link "Anna Berg"
    - form "Buy Blue Hours":
      - paragraph: €7
      - button "Buy"
      - button "Put in cart"
      - paragraph: €6.30 to Anna Berg
  - button "Play Blue Hours"
  - list:
    - listitem:
      - button "1. Play Blue Hours 1"
      - link "Blue Hours 1"
      - time: 0:01
      - button "Put Blue Hours 1 in the queue"
    - listitem:
      - button "2. Play Blue Hours 2"
  - region "Said while it played":
    - heading "Said while it played" [level=2]
  - region "Who made it":
    - heading "Who made it" [level=2]
{END}"""

CART = f"""{TOP}
- main:
  - heading "One thing" [level=1]
  - region "In euros":
    - heading "In euros" [level=2]
    - list:
      - listitem:
        - heading "Blue Hours" [level=3]:
          - link "Blue Hours"
        - paragraph: Anna Berg
        - text: €7.00
        - button "Take Blue Hours out"
  - complementary "Pay":
    - list:
      - listitem:
        - heading "Pay €7.00" [level=2]
        - list:
          - listitem: Anna Berg €6.30
          - listitem: keeps Veza going €0.70
        - checkbox /I want it at once/
        - button "Pay €7.00"
      - listitem:
        - heading "Everything is in your library" [level=2]
{END}"""

PAID = f"""{TOP}
- main:
  - heading "€7.00 has arrived. It is yours." [level=1]
  - heading "What it is for" [level=2]
  - list:
    - listitem:
      - heading "Blue Hours" [level=3]
      - paragraph: Anna Berg
      - link "Download"
      - button "Play Blue Hours"
  - paragraph:
    - link "The order"
    - link "Receipt as PDF"
  - complementary "Next steps":
    - list:
      - listitem:
        - heading "€7.00" [level=2]
      - listitem:
        - heading "Everything is in your library" [level=2]
{END}"""

ORDER = f"""{TOP}
- main:
  - paragraph:
    - link "Your orders"
  - heading "€7.00 on 5 January 2026" [level=1]
  - paragraph:
    - text: paid
    - link "Receipt as PDF"
  - list:
    - listitem:
      - heading "Blue Hours" [level=2]:
        - link "Blue Hours"
      - paragraph: Anna Berg
      - text: €7.00
      - group: Ask for the money back
  - paragraph: /You may ask for your money back until/
{END}"""
