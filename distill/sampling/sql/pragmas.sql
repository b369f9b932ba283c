-- A commit is on the disk before it counts; checkpoints at 40 MB instead of 4 write half as often.
pragma synchronous = full;
pragma wal_autocheckpoint = 2500;
