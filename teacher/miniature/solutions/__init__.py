"""Written-out solutions of reasoning-gym problems, in steps that a tiny model can take; a file
a group of families.
"""
