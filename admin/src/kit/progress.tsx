import { Box, LinearProgress, Typography } from '@mui/material';
import type { ReactNode } from 'react';

interface ProgressProps {
  /** What progresses, for screen readers. */
  readonly label: string;
  readonly done: number;
  /** Null if unknown. */
  readonly total: number | null;
}

/** How far something is, as a bar and as numbers. */
export function Progress({ label, done, total }: ProgressProps): ReactNode {
  const percent = total === null || total === 0 ? undefined : Math.min(100, (done / total) * 100);
  const text = total === null ? done.toLocaleString() : `${done.toLocaleString()} of ${total.toLocaleString()}`;
  return (
    <Box sx={{ minWidth: 140 }}>
      <LinearProgress
        aria-label={label}
        variant={percent === undefined ? 'indeterminate' : 'determinate'}
        {...(percent !== undefined && { value: percent })}
        sx={{ borderRadius: 1, height: 6 }}
      />
      <Typography variant="body2" color="text.secondary" sx={{ mt: 0.5 }}>
        {text}
      </Typography>
    </Box>
  );
}
