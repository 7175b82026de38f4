import { Alert, AlertTitle, Button } from '@mui/material';
import type { ReactNode } from 'react';
import { toApiError } from '../api/problem.ts';
import { ProblemText } from '../layout/problem-text.tsx';

/** A failure: title, detail and request id of the problem, and a button if the request can be repeated. */
export function ProblemAlert({ error, onRetry }: { error: unknown; onRetry?: () => void }): ReactNode {
  if (error === null || error === undefined) return null;
  const failure = toApiError(error);
  const button = onRetry && (
    <Button color="inherit" onClick={onRetry}>
      Try again
    </Button>
  );
  return (
    <Alert severity="error" action={button} sx={{ mb: 2 }}>
      <AlertTitle>{failure.problem.title}</AlertTitle>
      <ProblemText error={failure} />
    </Alert>
  );
}
