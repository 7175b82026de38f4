import type { UseQueryResult } from '@tanstack/react-query';
import { useQuery } from '@tanstack/react-query';
import { call } from './call.ts';

/**
 * Reads what is no resource of react-admin: a path below `/v1`, again after so many milliseconds. A failure keeps the data
 * that was read before.
 */
export function useRead<T>(path: string, refreshEvery?: number): UseQueryResult<T> {
  return useQuery({
    queryKey: ['read', path],
    queryFn: async ({ signal }) => (await call<T>({ path, signal })).data,
    refetchInterval: refreshEvery ?? false,
  });
}
