-- What does not fit goes to the disk: joins over millions of rulings may not take the machine's memory.
set memory_limit = '2GB'
