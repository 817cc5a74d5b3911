"""What chatsite asks of django-allauth beyond its settings: words, forms, sessions."""
