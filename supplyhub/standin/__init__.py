"""The stand-in for the payment gateway: a small application of its own, spoken to over HTTP by the official client.

It has its own books and its own page to pay on, and takes no real money. Nothing else in here knows it: whoever pays,
pays through `supplyhub.outside`, as with the original.
"""
