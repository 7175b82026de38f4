import type { UseQueryResult } from '@tanstack/react-query';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { call } from '../api/index.ts';
import type { Job } from './job.ts';
import { isFinished } from './job.ts';
import type { JobEvent } from './job-events.ts';
import { jobEvents } from './job-events.ts';

interface FollowedJob {
  readonly query: UseQueryResult<Job>;
  /** In order; only the latest progress of each attempt. */
  readonly events: readonly JobEvent[];
  /** Why the events cannot be read. */
  readonly streamError: unknown;
}

/** A job that is read again with every change that its stream of events reports. */
export function useJob(id: string): FollowedJob {
  const queryClient = useQueryClient();
  const [events, setEvents] = useState<readonly JobEvent[]>([]);
  const [streamError, setStreamError] = useState<unknown>();
  const query = useQuery({
    queryKey: ['job', id],
    queryFn: async ({ signal }) => (await call<Job>({ path: `jobs/${id}`, signal })).data,
  });
  // A finished job that is retried has a stream again.
  const isOver = query.data !== undefined && isFinished(query.data);

  useEffect(() => {
    const stopped = new AbortController();
    const follow = async (): Promise<void> => {
      setEvents([]);
      for await (const event of jobEvents(id, stopped.signal)) {
        setEvents((before) => appended(before, event));
        if (event.kind === 'progress') {
          queryClient.setQueryData<Job>(['job', id], (job) => job && { ...job, progress: event.data });
        } else await queryClient.invalidateQueries({ queryKey: ['job', id] });
      }
    };
    follow().catch((error: unknown) => {
      if (!stopped.signal.aborted) setStreamError(error);
    });
    return () => {
      stopped.abort();
    };
  }, [id, isOver, queryClient]);
  return { query, events, streamError };
}

function appended(events: readonly JobEvent[], event: JobEvent): readonly JobEvent[] {
  const isNewProgress = event.kind === 'progress' && events.at(-1)?.kind === 'progress';
  return [...(isNewProgress ? events.slice(0, -1) : events), event];
}
