import type { UseQueryResult } from '@tanstack/react-query';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { call } from '../api/index.ts';
import type { Job } from './job.ts';
import { isFinished } from './job.ts';
import type { JobEvent } from './job-events.ts';
import { jobEvents } from './job-events.ts';

interface Stream {
  /** In order; only the latest progress of each attempt. */
  readonly events: readonly JobEvent[];
  /** Why no further events can be read. */
  readonly streamError?: unknown;
}

interface FollowedJob extends Stream {
  readonly query: UseQueryResult<Job>;
}

/** A job that is read again with every change that its stream of events reports. */
export function useJob(id: string): FollowedJob {
  const queryClient = useQueryClient();
  const [stream, setStream] = useState<Stream>({ events: [] });
  const query = useQuery({
    queryKey: ['job', id],
    queryFn: async ({ signal }) => (await call<Job>({ path: `jobs/${id}`, signal })).data,
  });
  // Read first, so that a stream of a job that does not exist is not opened. A finished job that is retried has one again.
  const state = query.data === undefined ? 'unknown' : isFinished(query.data) ? 'finished' : 'open';

  useEffect(() => {
    if (state === 'unknown') return;
    const stopped = new AbortController();
    const follow = async (): Promise<void> => {
      let all: readonly JobEvent[] = [];
      for await (const event of jobEvents(id, stopped.signal)) {
        all = appended(all, event);
        setStream({ events: all });
        if (state === 'finished') continue;
        if (event.kind === 'progress') {
          queryClient.setQueryData<Job>(['job', id], (job) => job && { ...job, progress: event.data });
        } else await queryClient.invalidateQueries({ queryKey: ['job', id] });
      }
    };
    follow().catch((streamError: unknown) => {
      if (!stopped.signal.aborted) setStream(({ events }) => ({ events, streamError }));
    });
    return () => {
      stopped.abort();
    };
  }, [id, state, queryClient]);
  return { query, ...stream };
}

function appended(events: readonly JobEvent[], event: JobEvent): readonly JobEvent[] {
  const isNewProgress = event.kind === 'progress' && events.at(-1)?.kind === 'progress';
  return [...(isNewProgress ? events.slice(0, -1) : events), event];
}
