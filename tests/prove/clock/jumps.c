/* A wall clock that a test can set: preloaded, it adds to the system's time the seconds that stand in a file. */

#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int64_t ahead(void)
{
	static volatile int64_t *seconds;
	if (!seconds) {
		int file = open(AHEAD, O_RDONLY | O_CLOEXEC);
		if (file < 0)
			_exit(99);
		void *mapped = mmap(0, sizeof *seconds, PROT_READ, MAP_SHARED, file, 0);
		close(file);
		if (mapped == MAP_FAILED)
			_exit(99);
		seconds = mapped;
	}
	return *seconds;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
	int failed = (int)syscall(SYS_clock_gettime, clock, now);
	if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
		now->tv_sec += ahead();
	return failed;
}

time_t time(time_t *out)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	if (out)
		*out = now.tv_sec;
	return now.tv_sec;
}
