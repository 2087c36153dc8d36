"""What is checked: one folder an endpoint or concern, one function a clause."""
