"""What screens are made of. A widget knows neither the app nor the desk."""
