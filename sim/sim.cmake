# Sources of sim/.
