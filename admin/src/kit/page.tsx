import { Box, Breadcrumbs, Link, Typography } from '@mui/material';
import type { ReactNode } from 'react';
import { useEffect } from 'react';
import { Link as RouterLink } from 'react-router';
import { configuration } from '../configuration.ts';

interface PageProps {
  /** The heading, and the title of the tab. */
  readonly title: string;
  /** Beside the heading, such as a status. */
  readonly mark?: ReactNode;
  /** The pages above this one, outermost first. */
  readonly parents?: readonly { readonly label: string; readonly to: string }[];
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** The frame of every screen: breadcrumbs, heading, actions, content. */
export function Page({ title, mark, parents = [], actions, children }: PageProps): ReactNode {
  useEffect(() => {
    document.title = `${title} · ${configuration.appName}`;
  }, [title]);
  return (
    <Box sx={{ maxWidth: 1280, mx: 'auto', width: '100%' }}>
      {parents.length > 0 && (
        <Breadcrumbs aria-label="Breadcrumbs" sx={{ mb: 0.5, fontSize: '0.875rem' }}>
          {parents.map(({ label, to }) => (
            <Link key={to} component={RouterLink} to={to} color="textSecondary">
              {label}
            </Link>
          ))}
        </Breadcrumbs>
      )}
      <Box sx={{ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: 1.5, mb: 2.5 }}>
        <Box sx={{ display: 'flex', alignItems: 'center', gap: 1.5, flex: '1 1 auto', minWidth: 0, maxWidth: '100%' }}>
          <Typography component="h1" variant="h4" sx={lines(2)} title={title.length > 60 ? title : undefined}>
            {title}
          </Typography>
          {mark}
        </Box>
        {actions !== undefined && <Box sx={{ display: 'flex', flexWrap: 'wrap', gap: 1 }}>{actions}</Box>}
      </Box>
      {children}
    </Box>
  );
}

/** Cuts long text after so many lines. */
export function lines(count: number): object {
  return {
    ...{ display: '-webkit-box', WebkitBoxOrient: 'vertical', WebkitLineClamp: count },
    ...{ overflow: 'hidden', overflowWrap: 'anywhere', minWidth: 0, unicodeBidi: 'plaintext' },
  };
}
