# Sources of converge/.
