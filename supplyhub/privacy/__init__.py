"""What a household may ask of those who keep its data: a copy of all of it, and that it is forgotten. And what goes by itself."""
