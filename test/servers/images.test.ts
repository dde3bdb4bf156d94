import { expect, it } from 'vitest';

import { RECIPES } from './images.js';

/** Lines as the servers write them, in their order; the marked ones alone mean that clients are let in. */
const LINES = {
  'mysql 8.4': [
    "[MY-010931] [Server] /usr/sbin/mysqld: ready for connections. Version: '8.4.10'  socket: '/var/run/mysqld/mysqld.sock'  port: 0  MySQL Community Server - GPL.",
    "[MY-011323] [Server] X Plugin ready for connections. Bind-address: '::' port: 33060, socket: /var/run/mysqld/mysqlx.sock",
    "* [MY-010931] [Server] /usr/sbin/mysqld: ready for connections. Version: '8.4.10'  socket: '/var/run/mysqld/mysqld.sock'  port: 3306  MySQL Community Server - GPL.",
  ],
  'mariadb 10.11': [
    "Version: '10.11.18-MariaDB-ubu2204'  socket: '/run/mysqld/mysqld.sock'  port: 0  mariadb.org binary distribution",
    "[Note] Server socket created on IP: '0.0.0.0', port: '3306'.",
    '[Note] mariadbd: ready for connections.',
    "* Version: '10.11.18-MariaDB-ubu2204'  socket: '/run/mysqld/mysqld.sock'  port: 3306  mariadb.org binary distribution",
  ],
};

it.each(Object.entries(LINES))('%s is waited for until it lets clients in', (_, lines) => {
  const { says } = RECIPES.mysql.ready;
  expect(lines.filter((line) => says.test(line))).toEqual(lines.filter((line) => line.startsWith('*')));
});
