// Everything that an operation of the document needs (operationsApp).
import './client.cases.ts';
import './mass-assignment.cases.ts';
import './permission-matrix.cases.ts';
import './front-end-auth-guide.cases.ts';
