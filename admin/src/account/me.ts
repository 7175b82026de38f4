import { useQuery } from '@tanstack/react-query';
import type { UseQueryResult } from '@tanstack/react-query';
import type { RaRecord } from 'react-admin';
import type { components } from '../api/index.ts';
import { call } from '../api/index.ts';
import { toRecord } from '../api/records.ts';

/** The user of the session, with the ETag that a write is conditional on. */
export type Me = components['schemas']['MeDto'] & RaRecord;

export function useMe(): UseQueryResult<Me> {
  return useQuery({
    queryKey: ['account', 'me'],
    queryFn: async ({ signal }) => {
      const { data, etag } = await call<Me>({ path: 'users/me', signal });
      return toRecord(data, etag) as Me;
    },
  });
}
