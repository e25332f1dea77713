"""From one picture or video to faces and their expressions."""
