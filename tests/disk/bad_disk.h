#pragma once

// A disk that fails (bad_disk.cpp), for a test that is linked with it.
extern "C" {
// From now on the nth call (from 1; 0: none) of `call`, "write" or "sync", does not do what it should. "eio",
// "full": it fails with EIO or ENOSPC; "short": half of it is written before that; "kill": the process is
// killed before it; "torn": half of it is written, then the process is killed. Calls are counted from here.
void bad_disk_at(const char* call, unsigned long nth, const char* deed);
unsigned long bad_disk_count(const char* call);
}
