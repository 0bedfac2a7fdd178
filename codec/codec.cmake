# Sources of codec/.
