"""The pieces that screens are made of. Each shows a value it is given; none requests anything."""
