import { Box, Card, Typography } from '@mui/material';
import type { ReactNode } from 'react';

/** Names and values of one resource: `{ Email: …, Created: … }`. */
export function Facts({ values }: { values: Readonly<Record<string, ReactNode>> }): ReactNode {
  return (
    <Box
      component="dl"
      sx={{
        m: 0,
        display: 'grid',
        gap: 2,
        gridTemplateColumns: { xs: '1fr', sm: 'repeat(auto-fill, minmax(240px, 1fr))' },
      }}
    >
      {Object.entries(values).map(([name, value]) => (
        <Box key={name} sx={{ minWidth: 0 }}>
          <Typography component="dt" variant="body2" color="textSecondary">
            {name}
          </Typography>
          <Box component="dd" sx={{ m: 0, overflowWrap: 'anywhere', unicodeBidi: 'plaintext' }}>
            {value}
          </Box>
        </Box>
      ))}
    </Box>
  );
}

/** A block of a page, with a heading of its own. */
export function Section({
  title,
  actions,
  children,
}: {
  title?: string;
  actions?: ReactNode;
  children: ReactNode;
}): ReactNode {
  return (
    <Card variant="outlined" component="section" sx={{ p: { xs: 2, sm: 3 }, mb: 2 }}>
      {(title !== undefined || actions !== undefined) && (
        <Box sx={{ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: 1, mb: 2 }}>
          <Typography component="h2" variant="h6" sx={{ flex: 1 }}>
            {title}
          </Typography>
          {actions}
        </Box>
      )}
      {children}
    </Card>
  );
}
