"""The bundled library: plain `.net` files, read as data."""
