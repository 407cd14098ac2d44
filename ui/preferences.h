/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

/* What a person has set for all drawings; data/org.limn.Limn.gschema.xml lists the keys. The same
 * object at every call, borrowed; main thread only. A program that is not installed has the schema
 * in itself. */
GSettings *limn_preferences (void);
