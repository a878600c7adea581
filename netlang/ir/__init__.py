"""The intermediate representation: typed functions of operators, with symbolic sizes."""
