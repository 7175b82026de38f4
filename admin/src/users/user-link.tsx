import { Link } from '@mui/material';
import type { ReactNode } from 'react';
import { Link as RouterLink } from 'react-router';
import { useHasPermission } from '../auth/permissions.ts';

/** A link to the page of a user, for those who may see it. */
export function UserLink({ id, children }: { id: string; children: ReactNode }): ReactNode {
  if (!useHasPermission('users:read')) return children;
  return (
    <Link component={RouterLink} to={`/users/${id}/show`} sx={{ overflowWrap: 'anywhere' }}>
      {children}
    </Link>
  );
}
