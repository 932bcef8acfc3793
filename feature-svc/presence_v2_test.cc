#include <gtest/gtest.h>

#include <vector>

#include "common/derived_schema.h"
#include "feature-svc/test_windows.h"

namespace silhouette {
namespace {
