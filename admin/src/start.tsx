import { CircularProgress } from '@mui/material';
import type { ReactNode } from 'react';
import { useCallback, useEffect, useState } from 'react';
import { session } from './api/session.ts';
import { toApiError, ApiError } from './api/problem.ts';
import { LoginFrame } from './auth/login-page.tsx';
import { ProblemAlert } from './kit/problem-alert.tsx';

/** Continues the session of the cookie before anything else is shown: a reload needs no login. */
export function Start({ children }: { children: ReactNode }): ReactNode {
  const [state, setState] = useState<'ready' | 'starting' | ApiError>('starting');
  const start = useCallback(async () => {
    setState('starting');
    try {
      await session.restore();
      setState('ready');
    } catch (error) {
      setState(error instanceof TypeError ? ApiError.unreachable(error) : toApiError(error));
    }
  }, []);
  useEffect(() => void start(), [start]);

  if (state === 'ready') return children;
  return (
    <LoginFrame title={state === 'starting' ? 'Loading' : 'The console cannot start'}>
      {state === 'starting' ? (
        <CircularProgress aria-label="Loading" />
      ) : (
        <ProblemAlert error={state} onRetry={() => void start()} />
      )}
    </LoginFrame>
  );
}
