import { Box, Typography } from '@mui/material';
import type { ReactNode } from 'react';
import { configuration } from '../configuration.ts';

/** Logo and name of the product. */
export function Brand({ size = 28 }: { size?: number }): ReactNode {
  const { appName, logoUrl } = configuration;
  return (
    <Box sx={{ display: 'flex', alignItems: 'center', gap: 1.25, minWidth: 0 }}>
      {logoUrl === undefined ? (
        <Box
          aria-hidden
          sx={{
            ...{ width: size, height: size, flexShrink: 0, borderRadius: `${size / 3.5}px`, display: 'grid' },
            ...{ placeItems: 'center', bgcolor: 'primary.main', color: 'primary.contrastText', fontWeight: 700 },
            fontSize: size * 0.55,
          }}
        >
          {appName.slice(0, appName.codePointAt(0) === appName.charCodeAt(0) ? 1 : 2)}
        </Box>
      ) : (
        <img src={logoUrl} alt="" height={size} />
      )}
      <Typography component="span" noWrap sx={{ fontWeight: 650, fontSize: size * 0.6, letterSpacing: '-0.01em' }}>
        {appName}
      </Typography>
    </Box>
  );
}
