/** Types by what can be done with them, as `information_schema.columns.data_type` names them. */
export const TEXT = new Set(['char', 'varchar', 'tinytext', 'text', 'mediumtext', 'longtext', 'enum', 'set']);
export const BYTES = new Set(['binary', 'varbinary', 'tinyblob', 'blob', 'mediumblob', 'longblob']);
export const WHOLE = new Set(['tinyint', 'smallint', 'mediumint', 'int', 'bigint']);
export const NUMBER = new Set([...WHOLE, 'decimal', 'float', 'double']);
