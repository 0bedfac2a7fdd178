# Sources of planner/.
