// silhouette: the command-line tool.

#include "cli/evaluate_command.h"
#include "cli/features_command.h"
#include "cli/help_commands.h"
#include "cli/incidents_command.h"
#include "cli/jobs_command.h"
#include "cli/label_command.h"
#include "cli/metrics_command.h"
#include "cli/packets_command.h"
#include "cli/run_command.h"
#include "cli/schema_command.h"
#include "cli/simulate_command.h"
#include "cli/status_command.h"
#include "cli/submit_command.h"
#include "cli/timeline_command.h"
#include "cli/train_command.h"
#include "cli/up_command.h"
#include "cli/watch_command.h"
#include "common/log.h"
#include "common/options.h"

int main(int argc, char** argv) {
  CLI::App app(
      "Says from packet headers, never content, what encrypted traffic gives away: when somebody "
      "sat in front of the camera.",
      "silhouette");
  app.require_subcommand(1);
  int exit_status = 0;
  silhouette::AddRunCommand(&app, &exit_status);
  silhouette::AddFeaturesCommand(&app, &exit_status);
  silhouette::AddSchemaCommand(&app, &exit_status);
  silhouette::AddPacketsCommand(&app, &exit_status);
  silhouette::AddTimelineCommand(&app, &exit_status);
  silhouette::AddWatchCommand(&app, &exit_status);
  silhouette::AddIncidentsCommand(&app, &exit_status);
  silhouette::AddSubmitCommand(&app, &exit_status);
  silhouette::AddUpCommand(&app, &exit_status);
  silhouette::AddJobsCommand(&app, &exit_status);
  silhouette::AddStatusCommand(&app, &exit_status);
  silhouette::AddMetricsCommand(&app, &exit_status);
  silhouette::AddSimulateCommand(&app, &exit_status);
  silhouette::AddLabelCommand(&app, &exit_status);
  silhouette::AddTrainCommand(&app, &exit_status);
  silhouette::AddEvaluateCommand(&app, &exit_status);
  silhouette::AddHelpCommands(&app, &exit_status);
  app.footer(
      "Start here:\n"
      "  silhouette run call.pcap            when somebody sat in front of the camera\n"
      "  silhouette COMMAND --help           what a command does, with examples");
  silhouette::LogOptions log{.level = "warn"};
  silhouette::AddLogFormatOption(&app, &log.format);
  silhouette::FinishOptions(&app);
  // Before the command's own, and before there are threads.
  app.parse_complete_callback([&log] { silhouette::SetUpLogging("silhouette", log); });
  const int status = silhouette::ParseOptions(&app, argc, argv);
  return status >= 0 ? status : exit_status;
}
