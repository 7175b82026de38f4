import { Typography } from '@mui/material';
import type { ReactNode } from 'react';
import type { ApiError } from '../api/problem.ts';

/** What a problem says beside its title, and the id under which the log of the service has its cause. */
export function ProblemText({ error }: { error: ApiError }): ReactNode {
  const { detail, title } = error.problem;
  return (
    <>
      {detail !== undefined && detail !== title && <Typography sx={{ overflowWrap: 'anywhere' }}>{detail}</Typography>}
      {error.requestId !== undefined && (
        <Typography variant="body2" color="textSecondary" sx={{ mt: 1, overflowWrap: 'anywhere' }}>
          Request id: {error.requestId}
        </Typography>
      )}
    </>
  );
}
