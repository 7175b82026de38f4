import { Button, Dialog, DialogActions, DialogContent, DialogTitle } from '@mui/material';
import type { ReactNode } from 'react';
import { useEffect, useState } from 'react';
import type { ApiError } from '../api/problem.ts';
import { ProblemText } from './problem-text.tsx';

/** A write failed for a cause that passes. The form below keeps its content. */
export function RetryDialog({ error, onClose }: { error: ApiError; onClose: (again: boolean) => void }): ReactNode {
  const seconds = useCountdown(error);
  return (
    <Dialog
      open
      onClose={() => {
        onClose(false);
      }}
      fullWidth
      maxWidth="xs"
      aria-labelledby="retry"
    >
      <DialogTitle id="retry">{error.problem.title}</DialogTitle>
      <DialogContent>
        <ProblemText error={error} />
      </DialogContent>
      <DialogActions>
        <Button
          onClick={() => {
            onClose(false);
          }}
        >
          Back to the form
        </Button>
        <Button
          variant="contained"
          disabled={seconds > 0}
          onClick={() => {
            onClose(true);
          }}
          autoFocus
        >
          {seconds > 0 ? `Try again in ${seconds} s` : 'Try again'}
        </Button>
      </DialogActions>
    </Dialog>
  );
}

/** The seconds that the service has requested to wait (Retry-After), counted down to 0. */
function useCountdown(error: ApiError): number {
  const [end] = useState(() => Date.now() + (error.retryAfterSeconds ?? 0) * 1000);
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => {
      setNow(Date.now());
    }, 500);
    return () => {
      clearInterval(timer);
    };
  }, []);
  return Math.max(0, Math.ceil((end - now) / 1000));
}
