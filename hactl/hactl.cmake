# Sources of hactl/.
