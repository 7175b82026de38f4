import { Box } from '@mui/material';
import type { ReactNode } from 'react';

/** JSON as text. */
export function JsonText({ value, label }: { value: unknown; label: string }): ReactNode {
  return (
    <Box
      component="pre"
      tabIndex={0}
      aria-label={label}
      sx={{
        ...{ m: 0, p: 1.5, borderRadius: 1, bgcolor: 'background.default', border: 1, borderColor: 'divider' },
        ...{
          fontSize: '0.8125rem',
          whiteSpace: 'pre-wrap',
          overflowWrap: 'anywhere',
          maxHeight: 360,
          overflow: 'auto',
        },
      }}
    >
      {JSON.stringify(value, null, 2)}
    </Box>
  );
}
