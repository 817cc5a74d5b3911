"""Settings that operators give in environment variables, read strictly: a bad value is a problem that is reported."""
