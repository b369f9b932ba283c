detach old
