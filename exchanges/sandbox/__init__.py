"""A market of one's own: venues that speak Binance's and Kite's wire, with a crowd to trade with and faults on demand.

It is the oracle of every test of money, so it shares nothing with what it judges: of ours it imports the matching book
alone, and its wire, codes and filters are written from the official documents, named in each file.
"""
