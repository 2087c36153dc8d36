"""What is said: verdicts, waivers, Allure, evidence. Everything is drawn from the same verdicts."""
