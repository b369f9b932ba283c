use memory;
detach warehouse
