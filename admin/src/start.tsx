import { CircularProgress } from '@mui/material';
import type { ReactNode } from 'react';
import { useEffect, useState } from 'react';
import { ApiError, toApiError } from './api/problem.ts';
import { restoreSession } from './api/session.ts';
import { LoginFrame } from './auth/login-page.tsx';
import { ProblemAlert } from './kit/problem-alert.tsx';

/** Continues the session of the cookie before anything else is shown: a reload needs no login. */
export function Start({ children }: { children: ReactNode }): ReactNode {
  const [attempt, setAttempt] = useState(1);
  const [state, setState] = useState<'ready' | 'starting' | ApiError>('starting');
  useEffect(() => {
    void start().then(setState);
  }, [attempt]);
  if (state === 'ready') return children;
  if (state === 'starting') {
    return (
      <LoginFrame title="Loading">
        <CircularProgress aria-label="Loading" />
      </LoginFrame>
    );
  }
  const retry = (): void => {
    setState('starting');
    setAttempt(attempt + 1);
  };
  return (
    <LoginFrame title="The console cannot start">
      <ProblemAlert error={state} onRetry={retry} />
    </LoginFrame>
  );
}

async function start(): Promise<'ready' | ApiError> {
  try {
    await restoreSession();
    return 'ready';
  } catch (error) {
    return error instanceof TypeError ? ApiError.unreachable(error) : toApiError(error);
  }
}
