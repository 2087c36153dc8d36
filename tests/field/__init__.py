"""Real engines behind real servers, installed from the package index. Not part of CI."""
