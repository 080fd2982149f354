"""How steps are carried out."""
