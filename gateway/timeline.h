#pragma once
#include "common/timeline.h"
