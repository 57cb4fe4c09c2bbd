"""The data dictionary: tables and columns of the schema, how fresh and complete they are, and who reads them."""
