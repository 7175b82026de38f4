import ChevronLeftIcon from '@mui/icons-material/ChevronLeft';
import ChevronRightIcon from '@mui/icons-material/ChevronRight';
import { Box, Button, MenuItem, TextField, Typography } from '@mui/material';
import type { ReactNode } from 'react';
import { useListContext } from 'react-admin';

const sizes = [10, 25, 50, 100];

/** Previous and next page; the API counts no pages. */
export function CursorPagination(): ReactNode {
  const { page, perPage, setPage, setPerPage, hasNextPage, hasPreviousPage, data } = useListContext();
  if (hasPreviousPage !== true && hasNextPage !== true && (data?.length ?? 0) <= (sizes[0] ?? 0)) return null;
  return (
    <Box
      component="nav"
      aria-label="Pages"
      sx={{ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: 1, mt: 2 }}
    >
      <TextField
        select
        label="Rows per page"
        value={perPage}
        onChange={(event) => {
          setPerPage(Number(event.target.value));
        }}
        sx={{ width: 130 }}
      >
        {sizes.map((size) => (
          <MenuItem key={size} value={size}>
            {size}
          </MenuItem>
        ))}
      </TextField>
      <Box sx={{ flex: 1 }} />
      <Typography variant="body2" color="textSecondary" aria-live="polite">
        Page {page}
      </Typography>
      <Button
        startIcon={<ChevronLeftIcon />}
        disabled={hasPreviousPage !== true}
        onClick={() => {
          setPage(page - 1);
        }}
      >
        Previous
      </Button>
      <Button
        endIcon={<ChevronRightIcon />}
        disabled={hasNextPage !== true}
        onClick={() => {
          setPage(page + 1);
        }}
      >
        Next
      </Button>
    </Box>
  );
}
