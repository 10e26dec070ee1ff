"""Gray and colour: numbers of channels, and the words for them."""

GRAY, COLOUR = 1, 3
"""The number of channels of a gray and of a colour image.

>>> GRAY, COLOUR
(1, 3)
"""

CHANNEL_WORDS = {GRAY: "gray", COLOUR: "colour"}
"""The word that users type for a number of channels.

>>> CHANNEL_WORDS[3]
'colour'
"""
