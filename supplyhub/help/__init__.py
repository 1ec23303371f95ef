"""Help requests (诉求), wishes (微心愿), care packs."""
